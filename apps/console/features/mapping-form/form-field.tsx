'use client';
import { type ComponentProps, createContext, useContext } from 'react';
import { type FieldPath, useFormContext } from 'react-hook-form';
import { Field } from '../../components/ui/field.tsx';
import type { FormField, FormValues } from './form-values.ts';

type Marks = { [key: string]: Marks } | boolean | undefined;

/** Was the input of a dotted path marked, as dirty or as touched? */
const isMarked = (marks: Marks, path: string): boolean =>
  path.split('.').reduce<Marks>((part, key) => (typeof part === 'object' ? part[key] : part), marks) === true;

/** Sentences about inputs: what is wrong with the form, and what the console refused. */
export const FormErrors = createContext<{ errors: Partial<Record<FormField, string>>; refusal: { field: FormField | null; message: string } | null }>({
  errors: {},
  refusal: null,
});

/** What to say at an input: only once it was visited, or the whole was sent. */
export function useErrorOf(): (field: FormField) => string | undefined {
  const { formState } = useFormContext<FormValues>();
  const { errors, refusal } = useContext(FormErrors);
  const isTouched = (field: FormField) =>
    formState.isSubmitted || isMarked(formState.dirtyFields as Marks, field) || isMarked(formState.touchedFields as Marks, field);
  return (field) => (refusal?.field === field ? refusal.message : isTouched(field) ? errors[field] : undefined);
}

export const useInput = () => {
  const { register } = useFormContext<FormValues>();
  return (field: FormField) => register(field as FieldPath<FormValues>);
};

/** A `Field` that knows what is wrong with its input. */
export function FormFieldRow({ name, ...props }: Omit<ComponentProps<typeof Field>, 'error'> & { name: FormField }) {
  const error = useErrorOf()(name);
  return <Field {...props} error={error} />;
}
