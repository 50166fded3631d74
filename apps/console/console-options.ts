// What the command tells the server: apart from both, so that neither loads the other to know it.
import type { Level } from './comparison/levels.ts';

export type ConsoleOptions = {
  host: string;
  port: number;
  /** Also serve on this unix socket. */
  socketPath: string | null;
  databaseUrl: string;
  leaseMs: number;
  /** How finely comparison is kept, and for how long. */
  levels: Level[];
  version: string;
  /** The folder with app/ and .next/. */
  appDir: string;
  /** Compile pages as they are asked for. */
  isDev?: boolean;
};

export type RunningConsole = { url: string; setupCode: string | null; close(): Promise<void> };

export type StartConsole = (options: ConsoleOptions) => Promise<RunningConsole>;
