"""Every kernel on the hub: a chapter imports the attention_core of the copy it lies in.

So a student's chapters and their module are of one commit, and what she changes in the module shows
after a restart of the kernel. It comes last in the path: nothing in a home folder hides a package.
"""

import sys
from pathlib import Path

for folder in (Path.cwd(), Path.cwd().parent):
    if folder.is_relative_to(Path.home()) and (folder / "attention_core").is_dir():
        sys.path.append(str(folder))
