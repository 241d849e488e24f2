"""Runs the code samples of docs/*.md and compares what they print with what the guide says that they print.

run.py BINARY [PAGE…]

How samples are written:

- Blocks of sh, python and js are run in the order of the page, in one bash, against a server of the page's own. It has
  an organisation `acme`; $BASE and $KEY (sandbox) and $LIVE_KEY (production) lead to it, `memberpulse` finds its data.
- A block of json, http or text after one of them is what it printed: of several JSON documents the last. `…` stands for
  any text. Members of an object that are not shown may be there, and further elements of a list; what is shown must be
  so. An answer that is not a success fails the run, unless its status is shown.
- "example" after the language: a block that is only shown. JSON must still be well formed.
- "verify" after the language: a function that verifies deliveries of webhooks; verify.py says how it is called.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from markdown_it import MarkdownIt

import verify

ROOT = Path(__file__).resolve().parents[2]
RUN = {"sh": "sh", "python": "py", "js": "mjs"}
SHOWN = {"json", "http", "text"}
ONLY_EXAMPLE = {"ini", "csv", "toml"}
PATIENCE = 60


class Sample:
    def __init__(self, page, token):
        language, *words = token.info.split() or [""]
        self.place = f"docs/{page}.md:{token.map[0] + 1}"
        self.language, self.words, self.text = language, words, token.content
        self.shown = None

    def fail(self, reason):
        raise SystemExit(f"{self.place}: {reason}")


def samples_of(page):
    """The blocks that are run, and the functions that verify."""
    runs, verifiers = [], []
    for token in MarkdownIt("commonmark").parse((ROOT / "docs" / f"{page}.md").read_text()):
        if token.type == "code_block":
            raise SystemExit(f"docs/{page}.md:{token.map[0] + 1}: fence the block and name its language")
        if token.type != "fence":
            continue
        sample = Sample(page, token)
        if "verify" in sample.words:
            verifiers.append(sample)
        elif "example" in sample.words or sample.language in ONLY_EXAMPLE:
            if sample.language == "json":
                json.loads(sample.text)
        elif sample.language in RUN:
            runs.append(sample)
        elif sample.language in SHOWN:
            if not runs or runs[-1].shown:
                sample.fail("shows what no block before it prints: add the word example if nothing does")
            runs[-1].shown = sample
        else:
            sample.fail(f"the language {sample.language!r} is not known: see tests/guides/run.py")
    return runs, verifiers


# ---- a server


class Server:
    """A server on an empty data directory, with the organisation acme."""

    def __init__(self, binary, folder, *options):
        self.binary, self.data = binary, folder / "data"
        self.environment = {
            "PATH": f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "MEMBERPULSE_DATA_DIR": str(self.data),
        }
        bin = folder / "bin"
        bin.mkdir()
        (bin / "memberpulse").symlink_to(binary)
        # What came back is written after what the sample prints.
        real = shutil.which("curl")
        (bin / "curl").write_text(f"#!/bin/sh\nexec {real} -w '%{{stderr}}\\nstatus %{{http_code}}\\n' \"$@\"\n")
        (bin / "curl").chmod(0o755)
        self.command("organisation", "create", "--name", "Acme", "--json")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.environment |= {
            "BASE": f"http://{self.address}/api",
            "KEY": self.key("sandbox"),
            "LIVE_KEY": self.key("production"),
        }
        self.log = open(folder / "log", "w+")
        serve = [binary, "serve", "--listen", self.address, *options]
        self.process = subprocess.Popen(serve, env=self.environment, stderr=self.log, stdout=self.log)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(f"http://{self.address}/readyz").close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.log.seek(0)
                    raise SystemExit(f"the server does not start: {self.log.read()}")
                time.sleep(0.02)

    def command(self, *arguments):
        done = subprocess.run([self.binary, *arguments], env=self.environment, capture_output=True, check=True)
        return json.loads(done.stdout)

    def key(self, environment):
        create = ["api-key", "create", "--organisation", "acme", "--environment", environment]
        return self.command(*create, "--name", "guides", "--json")["key"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()


# ---- comparing what is printed with what is shown


def matches_text(shown, printed):
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), printed, re.DOTALL) is not None


def difference(shown, printed, path="$"):
    """Where what was printed is not as shown; nothing when it is."""
    if isinstance(shown, dict) and isinstance(printed, dict):
        for name, value in shown.items():
            if name not in printed:
                return f"{path}.{name} is not there"
            if found := difference(value, printed[name], f"{path}.{name}"):
                return found
        return None
    if isinstance(shown, list) and isinstance(printed, list):
        if len(printed) < len(shown):
            return f"{path} has {len(printed)} elements"
        found = (difference(*pair, f"{path}[{at}]") for at, pair in enumerate(zip(shown, printed)))
        return next((it for it in found if it), None)
    if isinstance(shown, str) and isinstance(printed, str) and matches_text(shown, printed):
        return None
    same = type(shown) is type(printed) and shown == printed
    return None if same else f"{path} is {json.dumps(printed)}, not {json.dumps(shown, ensure_ascii=False)}"


def documents(text):
    """The JSON documents in a text, whatever stands between them."""
    found, at, decoder = [], 0, json.JSONDecoder()
    while (start := re.compile(r"[{\[]").search(text, at)) is not None:
        try:
            document, at = decoder.raw_decode(text, start.start())
            found.append(document)
        except ValueError:
            at = start.start() + 1
    return found


def shown_documents(sample, text):
    """The JSON documents that a block shows one below the other, and nothing else."""
    found, decoder = [], json.JSONDecoder()
    while text := text.strip():
        try:
            document, end = decoder.raw_decode(text)
        except ValueError as error:
            sample.fail(f"is no JSON: {error}")
        if not document:
            sample.fail("shows nothing of a document: anything would be as shown")
        found.append(document)
        text = text[end:]
    return found


def compare(sample, out, err):
    shown = sample.shown
    statuses = map(int, re.findall(r"^status (\d+)$", err, re.MULTILINE))
    refused = [status for status in statuses if not 200 <= status < 400]
    for status in refused:
        if shown is None or str(status) not in shown.text:
            sample.fail(f"was answered {status}:\n{out}")
    if shown is None:
        return
    if shown.language == "text":
        lines = (out + err).splitlines()
        for line in filter(str.strip, shown.text.splitlines()):
            if not any(matches_text(line.strip(), it.strip()) for it in lines):
                shown.fail(f"not printed: {line!r}. Printed was:\n{out}{err}")
        return
    body = shown.text
    if shown.language == "http":
        head, _, body = body.partition("\n\n")
        printed = [normal(line) for line in out.splitlines()]
        for line in head.splitlines():
            if not any(matches_text(normal(line), it) for it in printed):
                shown.fail(f"not answered: {line!r}. Answered was:\n{out}")
    wanted = shown_documents(shown, body)
    printed = documents(out)
    if len(printed) < len(wanted):
        shown.fail(f"{len(printed)} JSON documents were printed:\n{out}{err}")
    for want, got in zip(wanted, printed[len(printed) - len(wanted) :]):
        if found := difference(want, got):
            shown.fail(f"{found}. Printed was:\n{json.dumps(got, indent=2, ensure_ascii=False)}")


def normal(line):
    name, colon, value = line.strip().partition(":")
    return f"{name.lower()}: {value.strip()}" if colon and " " not in name else line.strip()


# ---- pages


def run_page(binary, page, runs):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        work = folder / "work"
        work.mkdir()
        (work / "node_modules").symlink_to(ROOT / "tests/web/node_modules")
        # What the samples ask to have delivered goes to addresses that are not ours.
        with Server(binary, folder, "--no-webhooks", "--log-level", "error") as server:
            script = ["set -euo pipefail"]
            for at, sample in enumerate(runs):
                files = f'>"{folder}/{at}.out" 2>"{folder}/{at}.err"'
                script.append(f"echo {at} >{folder}/at")
                if sample.language == "sh":
                    script.append(f"{{\n{sample.text}\n}} {files}")
                else:
                    file = folder / "work" / f"sample{at}.{RUN[sample.language]}"
                    file.write_text(sample.text)
                    script.append(f"{'node' if sample.language == 'js' else 'python'} {file} {files}")
            bash = ["bash", "-c", "\n".join(script)]
            ended = subprocess.run(
                bash, cwd=work, env=server.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
            )
            if ended.returncode != 0:
                at = (folder / "at").read_text().strip() if (folder / "at").exists() else None
                if at is None:
                    raise SystemExit(f"docs/{page}.md: {ended.stderr}")
                printed = "".join((folder / f"{at}.{end}").read_text() for end in ("out", "err"))
                runs[int(at)].fail(f"ended with {ended.returncode}:\n{printed}{ended.stderr}")
            for at, sample in enumerate(runs):
                out, err = ((folder / f"{at}.{end}").read_text() for end in ("out", "err"))
                compare(sample, out, err)


def main(binary, *pages):
    binary = Path(binary).resolve()
    known = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
    if unknown := set(pages) - set(known):
        raise SystemExit(f"there is no page {', '.join(unknown)}; there are {', '.join(known)}")
    count = 0
    for page in pages or known:
        began = time.monotonic()
        runs, verifiers = samples_of(page)
        if runs:
            run_page(binary, page, runs)
        if verifiers:
            with tempfile.TemporaryDirectory() as folder:
                options = ["--allow-private-webhooks", "--log-level", "error"]
                with Server(binary, Path(folder), *options) as server:
                    verify.check(server, Path(folder), verifiers)
        if runs or verifiers:
            languages = ", ".join(dict.fromkeys(sample.language for sample in runs + verifiers))
            taken = time.monotonic() - began
            print(f"{page}: {len(runs) + len(verifiers)} samples as shown ({languages}; {taken:.1f} s)", flush=True)
        count += len(runs) + len(verifiers)
    print(f"{count} samples of the guides do what the guides say")


if __name__ == "__main__":
    main(*sys.argv[1:])
