/** Why something asked for is not done. */
export class Refused extends Error {
  static readonly errorName = 'Refused';
  override name = Refused.errorName;
  status: 404 | 409 | 422 | 429 | 502 | 504;
  field: string | null;
  constructor(status: 404 | 409 | 422 | 429 | 502 | 504, message: string, field: string | null = null) {
    super(message);
    this.status = status;
    this.field = field;
  }
}
