'use client';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { type Account, accounts } from './waterfall.ts';

/** Which account is shown. A choice stands in the address, so that it survives a reload and can be pasted. */
export function useAccount(): [Account, (account: Account) => void] {
  const params = useSearchParams();
  const path = usePathname();
  const router = useRouter();
  const given = params.get('account');
  const change = (next: Account) => {
    const copy = new URLSearchParams(params);
    copy.set('account', next);
    router.replace(`${path}?${copy}`, { scroll: false });
  };
  return [accounts.find((account) => account === given) ?? 'copies', change];
}
