import 'server-only';
import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import { loginCookie } from '../account/cookie.ts';
import type { User } from '../store/store.ts';
import { consoleContext } from './context.ts';

export async function currentUser(): Promise<User | null> {
  return consoleContext().accounts.userOf((await cookies()).get(loginCookie)?.value);
}

/** Who looks at this page. Leads others to log in, or to set the console up when nobody can. */
export async function requireUser(): Promise<User> {
  const user = await currentUser();
  if (user) return user;
  redirect((await consoleContext().store.hasUser()) ? '/login' : '/setup');
}
