/**
 * An empty list for objects. V8 takes `[]` for one of small integers until its first object comes, and then throws away what it had compiled for the lists of
 * objects that it knew: a rehearsed engine would not help the next one.
 */
export function listOfObjects<T extends object>(): T[] {
  const list: (T | null)[] = [null];
  list.length = 0;
  return list as T[];
}
