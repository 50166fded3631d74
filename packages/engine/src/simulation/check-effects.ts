// What the engine measures must be possible.
import type { Effects } from '../effects.ts';
import { Violation } from './violation.ts';

function checkSpan(what: string, us: number): void {
  if (us !== -1 && !(us >= 0)) throw new Violation(`${what} took ${us} µs`);
}

/** `mayMispair`: may an answer to what was asked before the capture began have been taken for one to what was asked since? */
export const checkedEffects = (mayMispair: () => boolean): Omit<Effects, 'inject' | 'ask'> => ({
  answered: (_, side, kind, us) => checkSpan(`an answer to ${kind} of the ${side} server`, us),
  finished: (_, side, kind, us, isError) => {
    checkSpan(`an answer to ${kind} of the ${side} server`, us);
    if ((kind === 'odd' || kind === 'even') && (kind === 'odd') !== isError && !(side === 'online' && mayMispair()))
      throw new Violation(`the ${side} server's answer to another request was taken for one to ${kind}`);
  },
  paired: (_, kind, onlineUs, targetUs) => checkSpan(`a pair of ${kind}`, Math.min(onlineUs, targetUs)),
  held: (_, kind, us) => {
    if (!(us >= 0)) throw new Violation(`a request of ${kind} left ${us} µs before it was said`);
  },
  connected: (_, side, us) => {
    if (!(us >= 0)) throw new Violation(`a handshake with the ${side} server took ${us} µs`);
  },
  notUnderstood: () => {},
  clockSet: () => {},
  reset: () => {},
  refuse: (_, why) => {
    throw new Violation(`the mapping was refused for ${why}`);
  },
});
