// Checks a Teams app manifest against Microsoft's schema of its version, offline.
// node validate_manifest.mjs MANIFEST: prints the problems as a JSON list.
// (The package forgets to ask for fs-extra; so package.json does.)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const { ManifestUtil } = require("@microsoft/app-manifest");

const manifest = JSON.parse(readFileSync(process.argv[2], "utf8"));
const schemas = join(dirname(require.resolve("@microsoft/app-manifest")), "json-schemas", "teams");
const schema = readFileSync(join(schemas, `v${manifest.manifestVersion}`, "MicrosoftTeams.schema.json"), "utf8");
// The schemas hold \a, which is no regular expression in JavaScript; the package itself mends it so when it fetches one.
const problems = await ManifestUtil.validateManifestAgainstSchema(manifest, JSON.parse(schema.replace(/\\a/g, "\\x07")));
console.log(JSON.stringify(problems));
