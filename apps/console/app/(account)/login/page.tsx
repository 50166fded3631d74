import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { LoginForm } from '../../../features/account/login-form.tsx';
import { consoleContext } from '../../../lib/context.ts';
import { currentUser } from '../../../lib/login.ts';

export const metadata: Metadata = { title: 'Log in' };

type Props = { searchParams: Promise<{ next?: string }> };

export default async function LoginPage({ searchParams }: Props) {
  const { next } = await searchParams;
  // Only ever to a page of this console.
  const destination = typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/';
  if (await currentUser()) redirect(destination);
  if (!(await consoleContext().store.hasUser())) redirect('/setup');
  return <LoginForm destination={destination} />;
}
