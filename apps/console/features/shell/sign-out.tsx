'use client';
import { LogOut } from 'lucide-react';
import { toast } from 'sonner';
import { Button } from '../../components/ui/button.tsx';
import { callApi } from '../../lib/api-client.ts';

export function SignOut({ userName }: { userName: string }) {
  const signOut = () =>
    callApi('POST', '/logout').then(
      () => location.assign('/login'),
      (error: Error) => toast.error(error.message),
    );
  return (
    <Button look="quiet" size="icon" aria-label="Sign out" title={`Sign out ${userName}`} onClick={signOut}>
      <LogOut />
    </Button>
  );
}
