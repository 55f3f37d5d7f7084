"""What a contender in Python answers the harness, line by line. The protocol is that of harness/serve.ts."""
import json
import sys
import time
import traceback

answers, sys.stdout = sys.stdout, sys.stderr


def answer(message):
    answers.write("@bench " + json.dumps(message) + "\n")
    answers.flush()


def serve(prepare):
    """`prepare(task)` answers a dictionary with `run` and `versions`, and `results` or `note`; or a sentence."""
    run = None
    for line in sys.stdin:
        try:
            task = json.loads(line)
            if task.get("run"):
                cpu, begin = time.process_time(), time.perf_counter()
                run()
                answer({"seconds": time.perf_counter() - begin, "cpuSeconds": time.process_time() - cpu})
                continue
            ready = prepare(task)
            if isinstance(ready, str):
                answer({"skipped": ready})
            else:
                run = ready.pop("run")
                answer(ready)
        except ImportError as error:
            answer({"missing": (error.name or str(error)) + " (Python)"})
        except Exception:
            answer({"error": traceback.format_exc()})
