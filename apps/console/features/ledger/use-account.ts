'use client';
import { useQuery } from '../../lib/use-query.ts';
import { type Account, accounts } from './waterfall.ts';

/** Which account is shown. A choice stands in the address, so that it survives a reload and can be pasted. */
export function useAccount(): [Account, (account: Account) => void] {
  const [given, change] = useQuery('account');
  return [accounts.find((account) => account === given) ?? 'copies', change];
}
