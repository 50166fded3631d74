// The program of the paced load, run as text inside the client's namespace: it may use nothing from outside its own body.

export interface PacedJob {
  server: string;
  port: number;
  /** Kept open and used in turn; ignored if each request has a connection of its own. */
  connections: number;
  /** A connection for each request, closed by the client when it has the answer. */
  isFresh: boolean;
  ratePerSecond: number;
  seconds: number;
}

/** SETs at a fixed rate, spread evenly over kept connections or each on its own, a few per millisecond; prints the count sent when its time is over. */
export function pacedMain(job: PacedJob): void {
  const net = process.getBuiltinModule('node:net');
  const request = (count: number) => `*3\r\n$3\r\nSET\r\n$5\r\nkey:${count % 10}\r\n$3\r\nabc\r\n`;
  const connect = () => net.createConnection({ host: job.server, port: job.port, noDelay: true }).on('error', () => process.exit(1));
  const sockets = Array.from({ length: job.isFresh ? 0 : job.connections }, connect);
  let ready = 0;
  let sent = 0;
  const send = () => {
    if (!job.isFresh) return sockets[sent % sockets.length]!.write(request(sent));
    const socket = connect();
    socket.write(request(sent));
    return socket.once('data', () => socket.end());
  };
  const start = () => {
    const startedAtMs = performance.now();
    const ticker = setInterval(() => {
      const elapsedMs = performance.now() - startedAtMs;
      if (elapsedMs >= job.seconds * 1000) {
        clearInterval(ticker);
        setTimeout(() => {
          process.stdout.write(`${sent}\n`);
          process.exit(0);
        }, 200);
        return;
      }
      const due = Math.floor((elapsedMs / 1000) * job.ratePerSecond);
      for (; sent < due; sent++) send();
    }, 1);
  };
  if (job.isFresh) start();
  for (const socket of sockets) {
    socket.on('connect', () => {
      if (++ready === sockets.length) start();
    });
    socket.on('data', () => {});
  }
}
