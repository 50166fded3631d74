'use client';
import { SetupRequest } from '@parallax/protocol';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Input } from '../../components/ui/input.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { goTo, useAccountForm } from './use-account-form.ts';

/** The first minute of a console: whoever can read its output becomes its administrator. */
export function SetupForm() {
  const { errors, isBusy, submit } = useAccountForm('/setup', SetupRequest, goTo('/'));
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(new FormData(event.currentTarget));
      }}
    >
      <div>
        <h1 className="text-base font-semibold">Set up this console</h1>
        <p className="mt-1 text-[13px] text-soft">Make the first account. The code shows that you can read the console’s own output.</p>
      </div>
      <Field
        label="Setup code"
        error={errors.code}
        hint={
          <>
            Printed by <code className="mono">parallax console</code> when it started: <code className="mono">setup code: XXXX-XXXX-XXXX</code>
          </>
        }
      >
        <Input name="code" className="mono uppercase" placeholder="XXXX-XXXX-XXXX" autoFocus />
      </Field>
      <Field label="Name" error={errors.name}>
        <Input name="name" autoComplete="username" />
      </Field>
      <Field label="Password" error={errors.password} hint="At least 10 characters.">
        <Input name="password" type="password" autoComplete="new-password" />
      </Field>
      {errors.form !== undefined && <Notice tone="bad">{errors.form}</Notice>}
      <Button type="submit" look="primary" disabled={isBusy}>
        {isBusy ? 'Making the account' : 'Create account'}
      </Button>
    </form>
  );
}
