// Memory of V8 that an agent's processes do not need.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * What is not needed any more is collected now and its pages go back to the system, as behind starting: V8 itself waits until there is much more, and in a process
 * that allocates little for ever. Takes some 20 ms then, and more with the size of what is in use.
 */
export function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc');
}
