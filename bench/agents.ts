// Both agents in the lab, as an operator would run them, and what they cost.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESS, type Lab, type Running, startParallax } from '@parallax/lab';
import { cpuSeconds, type Memory, memoryMib } from './process-tree.ts';

/** One build of Parallax, and how its agents are run. */
export interface Variant {
  name: string;
  /** bin/parallax */
  program: string;
  /** Further words for both agents, as `--io pcap`. */
  args: readonly string[];
  /** Further words for the online agent. */
  onlineArgs: readonly string[];
}

export interface Agents {
  readonly online: Running;
  readonly assistant: Running;
  stop(): Promise<void>;
}

export async function startAgents(lab: Lab, variant: Variant, ports: readonly number[], onlineArgs: readonly string[]): Promise<Agents> {
  const key = join(lab.dir, 'bench.key');
  writeFileSync(key, randomBytes(32).toString('base64'), { mode: 0o600 });
  const common = ['-i', 'eth0', '--key-file', key, '--stats', ...variant.args];
  const assistant = await startParallax(lab, 'assistant', variant.program, ['assistant', ...common]);
  try {
    const mappings = ports.map((port) => `${port}-${ADDRESS.target}:${port}`).join(',');
    const words = ['online', '-x', mappings, '-s', ADDRESS.assistant, ...common, ...variant.onlineArgs, ...onlineArgs];
    const online = await startParallax(lab, 'online', variant.program, words);
    return {
      online,
      assistant,
      stop: async () => {
        await online.stop();
        await assistant.stop();
      },
    };
  } catch (error) {
    await assistant.stop();
    throw error;
  }
}

export interface AgentFigures extends Memory {
  cpuSeconds: number;
}

/** What an agent has spent since now; its memory is that of the moment of asking. */
export function meter({ child }: Running): () => AgentFigures {
  const before = cpuSeconds(child.pid!);
  return () => ({ cpuSeconds: cpuSeconds(child.pid!) - before, ...memoryMib(child.pid!) });
}

type Sample = { mappingId?: string; ledger?: { copies: Record<string, number> }; packets?: { captureDropped: number } };

export interface Account {
  /** Copies by the bucket in which they ended, but for those without any. */
  endings: Record<string, number>;
  /** Packets that the rings had no room for. */
  captureDropped: { online: number; assistant: number };
}

/** What the agents' `--stats` lines add up to. */
export function accountOf({ online, assistant }: Agents): Account {
  const ledgers = new Map<string, Record<string, number>>();
  let onlineDropped = 0;
  for (const sample of samples(online)) {
    if (sample.mappingId !== undefined && sample.ledger !== undefined) ledgers.set(sample.mappingId, sample.ledger.copies);
    onlineDropped += ledgers.size > 1 && sample.mappingId !== [...ledgers.keys()][0] ? 0 : (sample.packets?.captureDropped ?? 0); // each mapping tells the device's
  }
  const endings: Record<string, number> = {};
  for (const copies of ledgers.values()) for (const [ending, count] of Object.entries(copies)) if (count > 0) endings[ending] = (endings[ending] ?? 0) + count;
  const assistantDropped = samples(assistant).reduce((sum, { packets }) => sum + (packets?.captureDropped ?? 0), 0);
  return { endings, captureDropped: { online: onlineDropped, assistant: assistantDropped } };
}

const samples = ({ lines }: Running): Sample[] => lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Sample);
