"""The migrations, in order. Read the README of the folder above before writing one."""
