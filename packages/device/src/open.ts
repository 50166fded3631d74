// Which backend, and why.
import type { Io, IoOptions } from './contract.ts';
import { openPcap } from './pcap/open.ts';
import { openRing } from './ring/open.ts';

/**
 * Open the packet device asked for. `auto` takes the ring where it can be opened, otherwise pcap, and `why` says which and what
 * stood in the way; a way of receiving that was asked for is the ring's. Throws a sentence, with `auto` one that names both reasons.
 */
export function openIo(options: IoOptions): Io {
  const { io, rx = 'auto' } = options;
  if (io === 'pcap' && rx !== 'auto') throw new Error(`--rx ${rx} says how the ring receives, and --io pcap has none: leave it out, or give --io ring`);
  if (io === 'ring' || rx !== 'auto') return openRing(options);
  if (io === 'pcap') return openPcap(options);
  let ringError: Error;
  try {
    return openRing(options);
  } catch (error) {
    ringError = error as Error;
  }
  try {
    const io = openPcap(options);
    return { ...io, why: `${io.why}, because the packet ring cannot be opened: ${ringError.message}` };
  } catch (pcapError) {
    const words = (pcapError as Error).message;
    if (words === ringError.message) throw ringError;
    throw new Error(`${ringError.message} (and the pcap backend: ${words})`, { cause: ringError });
  }
}
