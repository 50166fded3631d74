import { cva, type VariantProps } from 'class-variance-authority';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from '../../lib/class-names.ts';

const styles = cva(
  'inline-flex items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium transition-colors aria-pressed:bg-raised aria-pressed:text-text disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-3.5 [&_svg]:shrink-0',
  {
    variants: {
      look: {
        primary: 'border-accent bg-accent text-on-accent hover:opacity-90',
        plain: 'border-line-strong bg-panel text-text hover:bg-raised',
        quiet: 'border-transparent text-soft hover:bg-raised hover:text-text',
        danger: 'border-bad/50 bg-panel text-bad hover:bg-bad-fill',
        alarm: 'border-bad bg-bad text-white hover:opacity-90 dark:text-[#2b0610]',
      },
      size: { normal: 'h-8 px-3 text-[13px]', small: 'h-7 px-2 text-xs', icon: 'size-8' },
    },
    defaultVariants: { look: 'plain', size: 'normal' },
  },
);

type Props = ComponentProps<'button'> & VariantProps<typeof styles> & { asChild?: boolean };

export function Button({ look, size, asChild, className, type, ...props }: Props) {
  const Tag = asChild ? Slot.Root : 'button';
  return <Tag {...(asChild ? {} : { type: type ?? 'button' })} className={cn(styles({ look, size }), className)} {...props} />;
}
