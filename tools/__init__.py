"""What the Makefile needs beside the programs themselves. Nothing here is installed."""
