import { type ClassValue, clsx } from 'clsx';
import { twMerge } from 'tailwind-merge';

/** Class names, the later ones winning over the earlier. */
export const cn = (...values: ClassValue[]): string => twMerge(clsx(values));
