'use client';
import { useState } from 'react';
import type { z } from 'zod';
import { ApiFailure, callApi } from '../../lib/api-client.ts';

type Errors = Record<string, string>;

/** A full load of a page, because the live connection needs the new cookie. */
export const goTo = (destination: string) => () => location.assign(destination);

/** A small form about an account: checks, sends, shows what is wrong at the input it is wrong in. */
export function useAccountForm(path: '/login' | '/setup' | '/password', schema: z.ZodType, onDone: () => void) {
  const [errors, setErrors] = useState<Errors>({});
  const [isBusy, setBusy] = useState(false);
  const submit = async (form: FormData) => {
    const parsed = schema.safeParse(Object.fromEntries(form));
    if (!parsed.success) {
      // the first of each input, as its later ones follow from it
      return setErrors(Object.fromEntries([...parsed.error.issues].reverse().map((issue) => [issue.path.join('.'), issue.message])));
    }
    setErrors({});
    setBusy(true);
    try {
      await callApi('POST', path, parsed.data);
      onDone();
    } catch (error) {
      const { message, field } = error as ApiFailure;
      setErrors({ [(error instanceof ApiFailure && field) || 'form']: message });
      setBusy(false);
      return;
    }
    if (path === '/password') setBusy(false); // the others leave the page
  };
  return { errors, isBusy, submit };
}
