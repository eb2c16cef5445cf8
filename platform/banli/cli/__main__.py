"""python -m banli.cli"""

from banli.cli import main

main()
