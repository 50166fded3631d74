/** What a person did wrong, with the input it was done in. */
export class AccountError extends Error {
  static readonly errorName = 'AccountError';
  override name = AccountError.errorName;
  field: string | null;
  retryAfterMs: number;
  constructor(message: string, field: string | null = null, retryAfterMs = 0) {
    super(message);
    this.field = field;
    this.retryAfterMs = retryAfterMs;
  }
}
