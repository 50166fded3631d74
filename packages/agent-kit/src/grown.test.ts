import { expect, test } from 'vitest';
import { grown } from './grown.ts';

test('counts grow from what they were, or from 0', () => expect(grown({ a: 5, b: 2 }, { a: 3, gone: 9 })).toEqual({ a: 2, b: 2 }));
