'use client';
import { LoginRequest } from '@parallax/protocol';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Input } from '../../components/ui/input.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { goTo, useAccountForm } from './use-account-form.ts';

export function LoginForm({ destination }: { destination: string }) {
  const { errors, isBusy, submit } = useAccountForm('/login', LoginRequest, goTo(destination));
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(new FormData(event.currentTarget));
      }}
    >
      <h1 className="text-base font-semibold">Log in</h1>
      <Field label="Name" error={errors.name}>
        <Input name="name" autoComplete="username" autoFocus />
      </Field>
      <Field label="Password" error={errors.password}>
        <Input name="password" type="password" autoComplete="current-password" />
      </Field>
      {errors.form !== undefined && <Notice tone="bad">{errors.form}</Notice>}
      <Button type="submit" look="primary" disabled={isBusy}>
        {isBusy ? 'Checking the password' : 'Log in'}
      </Button>
    </form>
  );
}
