// The program of the paced load, run as text inside the client's namespace: it may use nothing from outside its own body.

export interface PacedJob {
  server: string;
  port: number;
  connections: number;
  ratePerSecond: number;
  seconds: number;
}

/** SETs at a fixed rate, spread evenly over kept connections, a few per millisecond; prints the count sent when its time is over. */
export function pacedMain(job: PacedJob): void {
  const net = process.getBuiltinModule('node:net');
  const sockets = Array.from({ length: job.connections }, () => net.createConnection({ host: job.server, port: job.port, noDelay: true }));
  let ready = 0;
  let sent = 0;
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
      for (; sent < due; sent++) sockets[sent % sockets.length]!.write(`*3\r\n$3\r\nSET\r\n$5\r\nkey:${sent % 10}\r\n$3\r\nabc\r\n`);
    }, 1);
  };
  for (const socket of sockets) {
    socket.on('connect', () => {
      if (++ready === sockets.length) start();
    });
    socket.on('data', () => {});
    socket.on('error', () => process.exit(1));
  }
}
