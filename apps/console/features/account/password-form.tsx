'use client';
import { ChangePasswordRequest } from '@parallax/protocol';
import { useRef } from 'react';
import { toast } from 'sonner';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Input } from '../../components/ui/input.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { useAccountForm } from './use-account-form.ts';

/** Changes the password of whoever is logged in. */
export function PasswordForm({ name }: { name: string }) {
  const form = useRef<HTMLFormElement>(null);
  const { errors, isBusy, submit } = useAccountForm('/password', ChangePasswordRequest, () => {
    form.current?.reset();
    toast.success('Password changed; other browsers have to log in again');
  });
  return (
    <form
      ref={form}
      noValidate
      className="flex max-w-sm flex-col gap-4"
      aria-label="Change the password"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(new FormData(event.currentTarget));
      }}
    >
      <input type="hidden" name="username" autoComplete="username" value={name} readOnly />
      <Field label="Current password" error={errors.current}>
        <Input name="current" type="password" autoComplete="current-password" />
      </Field>
      <Field label="New password" error={errors.password} hint="At least 10 characters.">
        <Input name="password" type="password" autoComplete="new-password" />
      </Field>
      {errors.form !== undefined && <Notice tone="bad">{errors.form}</Notice>}
      <Button type="submit" className="self-start" disabled={isBusy}>
        {isBusy ? 'Changing the password' : 'Change password'}
      </Button>
    </form>
  );
}
