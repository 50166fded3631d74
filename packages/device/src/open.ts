// Which backend, and why.
import type { Io, IoOptions } from './contract.ts';
import { openPcap } from './pcap/open.ts';
import { openRing } from './ring/open.ts';

/**
 * Open the packet device asked for. `auto` takes the ring where it can be opened, otherwise pcap, and `why` says which and what
 * stood in the way. Throws a sentence, with `auto` one that names both reasons.
 */
export function openIo(options: IoOptions): Io {
  if (options.io === 'ring') return openRing(options);
  if (options.io === 'pcap') return openPcap(options);
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
