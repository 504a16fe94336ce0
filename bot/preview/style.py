"""How the preview's pages look, and what runs in them."""

STYLE = """
:root { --page: #f3f2f1; --panel: #fff; --text: #242424; --subtle: #616161; --line: #c8c6c4; --brand: #5b5fc7;
  --link: #4f52b2; --on-brand: #fff; --wrong: #c4314b; --warn: #8a5a00; color-scheme: light; }
:root.dark { --page: #1b1a19; --panel: #292929; --text: #fff; --subtle: #b3b0ad; --line: #605e5c; --brand: #7f85f5;
  --link: #9299f7; --on-brand: #1b1a19; --wrong: #f1707b; --warn: #f2c661; color-scheme: dark; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 14px/1.45 system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; }
header { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: center;
  padding: 8px 20px; background: var(--panel); border-bottom: 1px solid var(--line); }
header h1 { font-size: 16px; margin: 0; flex: 1 1 240px; }
a { color: var(--link); }
.choice { display: flex; }
.choice a, .choice button { font: inherit; padding: 3px 10px; border: 1px solid var(--line); background: transparent;
  color: inherit; text-decoration: none; cursor: pointer; margin-left: -1px; }
.choice .on { background: var(--brand); border-color: var(--brand); color: var(--on-brand); }
main { padding: 0 20px 40px; } h2 { font-size: 15px; margin: 22px 0 8px; } h3 { font-size: 14px; margin: 0; }
.top { display: grid; grid-template-columns: minmax(0, 1fr) fit-content(300px); gap: 20px; align-items: start; }
.scroll { overflow: auto; max-height: 76vh; background: var(--panel); border: 1px solid var(--line);
  border-radius: 6px; }
.findings { list-style: none; margin: 0; padding: 0; }
.findings li { background: var(--panel); border-left: 4px solid var(--warn); margin-bottom: 8px;
  padding: 6px 10px; overflow-wrap: anywhere; }
.findings .wrong { border-color: var(--wrong); } .findings small { color: var(--subtle); display: block; }
.step { scroll-margin-top: 60px; border-top: 1px solid var(--line); padding: 14px 0; }
.step > p { margin: 2px 0 8px; color: var(--subtle); }
.looks { display: flex; flex-wrap: wrap; gap: 20px; align-items: flex-start; margin-bottom: 14px; }
.look { flex: 0 1 auto; min-width: 0; }
.look figcaption { color: var(--subtle); font-size: 12px; margin-bottom: 3px; }
figure { margin: 0; }
.teams, .slack-box { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.teams { width: 560px; box-sizing: border-box; overflow-wrap: break-word; } .slack-box { width: 600px; }
.narrow .teams { width: 320px; } .narrow .slack-box { width: 320px; }
.teams .ac-pushButton { font: inherit; font-weight: 600; padding: 5px 12px; border-radius: 4px;
  border: 1px solid currentColor; background: transparent; color: inherit; }
.teams .ac-pushButton.style-positive { background: var(--brand); color: var(--on-brand); border-color: var(--brand); }
.teams a { color: var(--link); } .note { padding: 10px 14px; color: var(--subtle); max-width: 520px; }
.dark .slack { background: #1a1d21; color: #d1d2d3; }
.dark .slack small { color: #ababad; }
.dark .slack a { color: #1d9bd1; }
.dark .slack pre, .dark .slack code { background: #232529; border-color: #565856; }
.dark .slack button, .dark .slack select { background: #1a1d21; color: #d1d2d3; border-color: #797c81; }
.dark .slack button.primary { background: #007a5a; color: #fff; }
@media (max-width: 1000px) {
  .top { grid-template-columns: minmax(0, 1fr); }
  .teams, .slack-box { width: auto; max-width: 100%; }
}
"""

DRAW = """
const root = document.documentElement, data = JSON.parse(document.getElementById('data').textContent);
const kept = (name, given) => localStorage.getItem('preview-' + name) ?? given;
function draw() {
  if (!window.AdaptiveCards) return;
  const config = new AdaptiveCards.HostConfig(data.hosts[root.classList.contains('dark') ? 'dark' : 'light']);
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = data.markdown[text] ?? ''; result.didProcess = text in data.markdown; };
  for (const place of document.querySelectorAll('.teams[data-card]')) {
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = config; card.onExecuteAction = () => {};
    card.parse(data.cards[place.dataset.card], new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_5));
    place.replaceChildren(card.render() ?? '');
  }
}
function set(name, value) {
  localStorage.setItem('preview-' + name, value);
  for (const button of document.querySelectorAll(`button[data-${name}]`)) {
    const on = button.dataset[name] === value;
    root.classList.toggle(button.dataset[name], on);
    button.classList.toggle('on', on); button.setAttribute('aria-pressed', on);
  }
  if (name === 'look') draw();
}
for (const [name, given] of [['look', matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'],
  ['width', 'wide']]) {
  for (const button of document.querySelectorAll(`button[data-${name}]`))
    button.addEventListener('click', () => set(name, button.dataset[name]));
  set(name, kept(name, given));
}
"""

WATCH = """
const changes = new EventSource('/changes?since=' + document.documentElement.dataset.stamp);
changes.addEventListener('change', () => location.reload());
"""

FIND = """
document.getElementById('find').addEventListener('input', (event) => {
  const words = event.target.value.toLowerCase();
  for (const row of document.querySelectorAll('#guides li')) row.hidden =
  !row.textContent.toLowerCase().includes(words);
});
"""
