# SPDX-License-Identifier: MIT
"""How the daemon starts and ends, where things are not as they should be."""
import pathlib
import subprocess
import tempfile

from harness import CLEAN, EPMDPXY, answer, get, refused, run, wait


def test_a_port_that_cannot_be_told_is_not_served():
    for path in ("/nonexistent/port", "/dev/full"):
        refused(run("serve", "--port", "0", "--port-file", path), "--port-file: ", path, status=1)


def test_standard_input_output_and_error_may_be_closed():
    with tempfile.TemporaryDirectory() as folder:
        port_file = pathlib.Path(folder) / "port"
        words = f'exec "{EPMDPXY}" serve --port 0 --port-file "{port_file}" --log-level debug 0<&- 1>&- 2>&-'
        with subprocess.Popen(["/bin/sh", "-c", words], env=CLEAN) as served:
            try:
                wait(port_file.exists)
                port = int(port_file.read_text())
                assert answer(port, b"n")[:4] == port.to_bytes(4, "big")
                assert get(port, "/v1/status")[0] == 200
            finally:
                served.terminate()
            assert served.wait(timeout=20) == 0
