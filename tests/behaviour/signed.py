"""A server or a client whose segments carry TCP-MD5 (RFC 2385), for which node:net has no option.

Usage: signed.py serve PORT KEY     answers each chunk with "answer"; prints "listening" and a line for each connection. An empty KEY signs nothing.
       signed.py talk HOST PORT KEY  three requests; prints the number of answers.
"""

import socket
import struct
import sys
import threading

TCP_MD5SIG_EXT = 32  # linux/tcp.h
TCP_MD5SIG_FLAG_PREFIX = 1


def sign(sock: socket.socket, key: bytes) -> None:
    """With `key`, to and from every IPv4 address: struct tcp_md5sig with a prefix of no bits."""
    anybody = struct.pack("=H126x", socket.AF_INET)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG_EXT, anybody + struct.pack("=BBHi80s", TCP_MD5SIG_FLAG_PREFIX, 0, len(key), 0, key))


def answer(connection: socket.socket) -> None:
    print("connection", flush=True)
    try:
        while connection.recv(4096):
            connection.sendall(b"answer")
    except OSError:
        pass  # reset: it was a copy
    connection.close()


def serve(port: int, key: bytes) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if key:
        sign(listener, key)
    listener.bind(("0.0.0.0", port))
    listener.listen()
    print("listening", flush=True)
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def talk(host: str, port: int, key: bytes) -> None:
    client = socket.socket()
    client.settimeout(10)
    sign(client, key)
    client.connect((host, port))
    answers = 0
    for _ in range(3):
        client.sendall(b"ask")
        answers += client.recv(4096) == b"answer"
    client.close()
    print(answers)


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]), sys.argv[3].encode())
else:
    talk(sys.argv[2], int(sys.argv[3]), sys.argv[4].encode())
