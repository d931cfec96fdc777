#!/usr/bin/env python3
"""The pages of `tdctl replay-calls explain --html` in a real browser: recorded calls, a flat of forty accounts, hostile
names, at 360 and 1280 pixels, light and dark. Nothing may be wider than the screen or cut, nothing may be fetched, no
script may run, and letters must stand out from their ground. It fails where there is no Chromium."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TDCTL = os.environ["TDCTL_BINARY"]
SOURCE = pathlib.Path(__file__).resolve().parents[3]
RECORDED = SOURCE / "tests" / "faults" / "recorded"
BROWSERS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")

# Runs in a copy of the page that allows it, and leaves its findings in the title.
PROBE = """<script>
const wide = innerWidth, found = [];
if (document.documentElement.scrollWidth > wide) found.push('page ' + document.documentElement.scrollWidth);
for (const each of document.querySelectorAll('body *')) {
  const box = each.getBoundingClientRect();
  if (box.width > 0 && (box.right > wide + 0.5 || box.left < -0.5))
    found.push(each.tagName + '.' + (each.getAttribute('class') || '') + ' ' + Math.round(box.left) + '..' + Math.round(box.right) + ' ' + each.textContent.slice(0, 40));
}
const ladder = document.querySelector('svg.ladder').getBoundingClientRect();
for (const each of document.querySelectorAll('svg.ladder > text')) {
  const box = each.getBoundingClientRect();
  if (box.right > ladder.right + 0.5 || box.left < ladder.left - 0.5 || box.top < ladder.top - 0.5 || box.bottom > ladder.bottom + 0.5)
    found.push('cut: ' + each.textContent.slice(0, 40));
}
const light = color => {
  const [r, g, b] = color.match(/[0-9.]+/g).map(x => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = light(getComputedStyle(document.body).backgroundColor);
for (const each of document.querySelectorAll('h1, h2, p, b, td, text')) {
  const style = getComputedStyle(each), ink = light(each.tagName === 'text' ? style.fill : style.color);
  const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  if (contrast < 4.5) found.push('contrast ' + contrast.toFixed(2) + ' ' + each.textContent.slice(0, 40));
  if (parseFloat(style.fontSize) < 11) found.push('small ' + style.fontSize + ' ' + each.textContent.slice(0, 40));
}
const texts = [...document.querySelectorAll('svg.ladder > text.who')].map(t => [t.getBoundingClientRect(), t.textContent]);
for (let i = 0; i < texts.length; ++i) for (let j = i + 1; j < texts.length; ++j) {
  const a = texts[i][0], b = texts[j][0];
  if (a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1) found.push('over each other: ' + texts[i][1] + ', ' + texts[j][1]);
}
document.title = 'PROBED ' + document.querySelectorAll('svg.ladder > text.what').length + ' ' + (ground < 0.5 ? 'dark' : 'light') + ' ' + JSON.stringify(found);
</script>"""


def browser():
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    sys.exit("no Chromium: scripts/packages install test")


def looked_at(program, page, width, scheme, folder):
    """(steps drawn, ground, findings) of a page as the browser lays it out."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n?', "", text)
    probed = folder / f"probed-{width}-{scheme}.html"
    probed.write_text(text.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    shown = subprocess.run(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile",
         f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}", f"--window-size={width},900",
         "--virtual-time-budget=2000", "--dump-dom", probed.as_uri()],
        capture_output=True, timeout=120, check=True).stdout.decode("utf-8")
    found = re.search(r"<title>PROBED (\d+) (\w+) (\[.*?\])</title>", shown, re.S)
    assert found, f"the browser did not show {page}:\n{shown[:500]}"
    words = found.group(3).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return int(found.group(1)), found.group(2), json.loads(words)


def line(second, **fields):
    return json.dumps({"at": f"2026-11-23T09:00:{second:09.6f}Z", **fields}, ensure_ascii=False)


def header():
    recorded = sorted(RECORDED.glob("*.jsonl"))[0]
    return recorded.read_text(encoding="utf-8").splitlines()[0]


def big_flat(name):
    """Forty accounts, each with its own fate."""
    accounts = [{"account": f"7900111{n:04d}", "devices": [{"device": f"dev-{n}", "platform": "android"}]} for n in range(40)]
    lines = [header(),
             line(10, fact="panel_arrived", call=name, channel="17.1", panel="5001", flat="12", complaint=""),
             line(10.004, fact="accounts_found", call=name, source="stale", took_ms=4,
                  flat={"blocked": False, "auto_open": False, "accounts": accounts})]
    for n, each in enumerate(accounts):
        lines.append(line(10.004, do="dial", call=name, leg=n, account=each["account"], panel="5001", limit_us=45000000))
    for n in range(40):
        if n % 3:
            lines.append(line(10.5 + n / 100, fact="leg_ringing", call=name, leg=n))
        else:
            lines.append(line(10.5 + n / 100, fact="leg_ended", call=name, leg=n, cause=20, sip=480))
    lines.append(line(31, fact="panel_left", channel="17.1"))
    return "\n".join(lines) + "\n"


def hostile(name):
    long = "w" * 300
    lines = [header(),
             line(10, fact="panel_arrived", call=name, channel="17.1", panel='"><script>document.title=1</script>', flat=long, complaint="</style>"),
             line(10.1, do="find_accounts", call=name, panel="p", flat=long),
             line(10.2, fact="crm_failed", call=name, reason="<img src=http://127.0.0.1:1/x onerror=alert(1)>\u202e" + long, took_ms=5)]
    return "\n".join(lines) + "\n"


def pages_of(folder):
    """Each call's page, by a word of what it shows."""
    calls = []
    for place, made in enumerate((big_flat, hostile)):
        name = f"01kc2v9x5m4t8q7w3e6r1y0ab{place}"
        file = folder / f"{made.__name__}.jsonl"
        file.write_text(made(name), encoding="utf-8")
        calls.append((made.__name__, name, file))
    kinds = set()
    for file in sorted(RECORDED.glob("*.jsonl")):
        kind = re.sub(r"^asterisk\d+-\d+-", "", file.stem)
        if kind not in kinds:
            kinds.add(kind)
            listed = subprocess.run([TDCTL, "--json", "replay-calls", "list", str(file)], capture_output=True, check=True)
            calls.append((kind, json.loads(listed.stdout.splitlines()[0])["call"], file))
    for word, name, file in calls:
        page = folder / f"{word}.html"
        subprocess.run([TDCTL, "-q", "replay-calls", "explain", name, str(file), "--html", str(page)], check=True)
        yield word, page


def main():
    program = browser()
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="tdctl-page-") as scratch:
        folder = pathlib.Path(scratch)
        for word, page in pages_of(folder):
            text = page.read_text(encoding="utf-8")
            findings = re.findall(r"<script|<img|<link|<iframe|@import|url\(|<[^>]*\b(?:src|href|on\w+)\s*=[^>]*>", text)
            for width, scheme in ((360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")):
                steps, ground, seen = looked_at(program, page, width, scheme, folder)
                findings += [f"{width} {scheme}: {each}" for each in seen]
                if ground != scheme:
                    findings.append(f"{width} {scheme}: the ground is {ground}")
                if steps == 0:
                    findings.append(f"{width} {scheme}: nothing is drawn")
            passed, failed = passed + (not findings), failed + bool(findings)
            for each in findings[:10]:
                print(f"{word}: {each}")
        if keep := os.environ.get("TDCTL_PAGES"):
            shutil.copytree(folder, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("profile"))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
