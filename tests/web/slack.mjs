// A stateful Slack Web API on loopback: npm `emulate`. node slack.mjs PORT SEED: serves until its standard input ends.
import { createEmulator } from "emulate";

const [port, seed] = process.argv.slice(2);
const slack = await createEmulator({ service: "slack", port: Number(port), seed: { slack: JSON.parse(seed) } });
console.log(slack.url);
process.stdin.on("end", () => slack.close().then(() => process.exit(0))).resume();
