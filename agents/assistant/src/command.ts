// parallax assistant
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  addressOf,
  beginProcess,
  type CommonOptions,
  chooseInterface,
  DEFAULT_RELAY_PORT,
  fail,
  failUnlessUsage,
  type Logger,
  ManagedAgent,
  PacketPath,
  parseEndpoint,
  parsePort,
  readToken,
  refuseWaysOfTheRing,
  sayReady,
  standAloneCredential,
  stopOnSignal,
  USAGE,
  withCommonOptions,
} from '@parallax/agent-kit';
import type { Endpoint, OpenAssistant } from '@parallax/protocol';
import { Command } from 'commander';
import { whyForwarding } from './forwarding.ts';

interface AssistantOptions extends CommonOptions {
  filter?: string;
  port: number;
  bind: string;
  relayAddress?: string;
  allowForwarding?: boolean;
  stats?: boolean;
}

const pathModule = (): string => {
  const bundled = fileURLToPath(new URL('./assistant-path.mjs', import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('./assistant-path.ts', import.meta.url));
};

/** Throws a sentence on a host that forwards, unless that is allowed. */
function refuseForwarding(options: AssistantOptions, log: Logger): void {
  const why = whyForwarding();
  if (why === null) return;
  if (options.allowForwarding !== true) throw new Error(`${why.text}; ${why.remedy}, or drop them yourself and give --allow-forwarding`);
  log.warn(`${why.text}, unless something else drops them`);
}

function openAssistant(options: AssistantOptions): OpenAssistant {
  return {
    type: 'open-assistant',
    interfaceName: chooseInterface(options.interface),
    io: options.io,
    rx: options.rx,
    filter: options.filter ?? null,
    relay: { address: options.bind, port: options.port },
    isAuthenticated: options.auth,
    allowsForwarding: options.allowForwarding === true,
    agent: hostname(),
  };
}

/** Where online agents reach the relay: as told, or the first address of the interface. Throws a sentence. */
function relayEndpoint(options: AssistantOptions, interfaceName: string): Endpoint {
  const address = options.relayAddress ?? (['0.0.0.0', '::'].includes(options.bind) ? addressOf(interfaceName) : options.bind);
  if (address === null) throw new Error(`${interfaceName} has no address that online agents could reach; name one with --relay-address`);
  return { address, port: options.port };
}

async function run(options: AssistantOptions, command: Command): Promise<void> {
  refuseWaysOfTheRing(command);
  if (options.console !== undefined && !options.auth)
    command.error('error: --no-auth does not go with --console, which gives the agents their keys; leave it out', { exitCode: USAGE });
  const log = beginProcess('assistant', options);
  if (log === null) return;
  refuseForwarding(options, log);
  const open = openAssistant(options);
  const path = { module: pathModule(), open, onCannotWork: (reason: string) => fail('assistant', reason) };
  if (options.console !== undefined) {
    const relay = relayEndpoint(options, open.interfaceName);
    const agent = new ManagedAgent({
      role: 'assistant',
      consoleUrl: options.console,
      token: readToken(options),
      startPath: (listener) => new PacketPath({ ...path, ...listener }),
      relay,
      log,
      onReady: sayReady,
    });
    return stopOnSignal(() => agent.stop());
  }
  const credential = standAloneCredential(options, log);
  let isReady = false;
  const standAlone: PacketPath = new PacketPath({
    ...path,
    onMessage: (message) => {
      if (message.type === 'opened') {
        log.info({ backend: message.backend }, message.why);
        if (!isReady) sayReady();
        isReady = true;
      } else if (message.type === 'assistant-sample') {
        if (options.stats === true) process.stdout.write(`${JSON.stringify(message)}\n`);
      } else if (message.type === 'event') log.warn(message.text);
      else if (message.type === 'path-state') log.info({ relays: message.relays }, `${message.relays.length} relays`);
    },
    onChange: () => {
      if (standAlone.state === 'failed') log.error({ restarts: standAlone.restarts }, standAlone.reason);
    },
  });
  standAlone.configure({ type: 'configure', mappings: [], relays: credential === null ? [] : [credential] });
  stopOnSignal(() => standAlone.stop());
}

/** The command `parallax assistant`. */
export function assistantCommand(): Command {
  const command = new Command('assistant').description("On the assistant server: capture the target's answers and return their headers to the online agents.");
  withCommonOptions(command)
    .option('-F, --filter <expression>', "which packets are answers, in libpcap's language (default: those of the targets that online agents announce)")
    .option('-p, --port <port>', 'port on which online agents connect', parsePort, DEFAULT_RELAY_PORT)
    .option('-b, --bind <address>', 'address on which online agents connect', (text) => parseEndpoint(text, DEFAULT_RELAY_PORT).address, '0.0.0.0')
    .option(
      '--relay-address <address>',
      'address that the console tells to online agents (default: the first of the interface)',
      (text) => parseEndpoint(text, DEFAULT_RELAY_PORT).address,
    )
    .option('--allow-forwarding', 'work on a host that forwards packets; something else must drop the answers')
    .option('--stats', 'print one JSON line a second on stdout')
    .addHelpText(
      'after',
      `
Examples:
  parallax assistant -i eth0 --key-file /etc/parallax/key
  parallax assistant -i eth0 -F 'tcp and src port 6379' -p 36524 --key-file K
  PARALLAX_TOKEN=… parallax assistant --console ws://10.90.1.30:3000/ws/agent -i eth0

The target needs a route that sends its answers to client addresses here: ip route add CLIENT_NET via THIS_HOST
Prints "ready" when it can work. Needs CAP_NET_RAW. SIGTERM ends it with exit code 0.`,
    )
    .action((options: AssistantOptions, self: Command) => run(options, self).catch((error: Error) => failUnlessUsage('assistant', error)));
  return command;
}
