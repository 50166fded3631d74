/** The same thing seen from two places. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" className={className} fill="none" strokeWidth="2.4">
      <circle cx="9" cy="12" r="6.3" stroke="var(--online)" />
      <circle cx="15" cy="12" r="6.3" stroke="var(--target)" />
    </svg>
  );
}
