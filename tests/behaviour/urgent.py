"""A server or a client of urgent data (RFC 6093), which node:net does not know.

Usage: urgent.py serve PORT      prints "listening", and of each connection "urgent BYTE" as it comes and "stream BYTES" at its end.
       urgent.py talk HOST PORT  says "abc", an urgent "!", "def", an urgent "?", "ghi", and closes.
"""

import select
import socket
import sys
import time


def serve(port: int) -> None:
    listener = socket.create_server(("0.0.0.0", port))
    print("listening", flush=True)
    while True:
        connection = listener.accept()[0]
        stream = b""
        while True:
            urgent = select.select([connection], [], [connection])[2]
            if urgent:
                print("urgent", connection.recv(1, socket.MSG_OOB).decode(), flush=True)
            chunk = connection.recv(4096)  # up to the next urgent byte, which is no part of the stream
            if not chunk:
                break
            stream += chunk
        print("stream", stream.decode(), flush=True)
        connection.close()


def talk(host: str, port: int) -> None:
    client = socket.create_connection((host, port), timeout=10)
    for said, flags in ((b"abc", 0), (b"!", socket.MSG_OOB), (b"def", 0), (b"?", socket.MSG_OOB), (b"ghi", 0)):
        client.send(said, flags)
        time.sleep(0.05)  # one segment each
    client.close()


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    talk(sys.argv[2], int(sys.argv[3]))
