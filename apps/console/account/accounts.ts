// Who may use the console: first set-up, log-in, log-out.
import type { Store, User } from '../store/store.ts';
import { AccountError } from './account-error.ts';
import { loginLifetimeMs } from './cookie.ts';
import { FailureLimit } from './rate-limit.ts';
import { hashPassword, hashToken, isSameCode, newSetupCode, newToken, verifyPassword } from './secrets.ts';

export class Accounts {
  #store: Store;
  #setupCode: string | null = null;
  #isSettingUp = false;
  #byName = new FailureLimit(10, 5 * 60_000);
  #byPeer = new FailureLimit(30, 5 * 60_000);

  constructor(store: Store) {
    this.#store = store;
  }

  /** The code that opens the first set-up; null once there is a user. */
  async setupCode(): Promise<string | null> {
    if (await this.#store.hasUser()) this.#setupCode = null;
    else this.#setupCode ??= newSetupCode();
    return this.#setupCode;
  }

  async setUp(request: { code: string; name: string; password: string }, peer: string): Promise<string> {
    this.#refuseIfTooMany(request.name, peer);
    const code = await this.setupCode();
    if (code === null) throw new AccountError('this console has its administrator already: log in instead');
    if (!isSameCode(code, request.code)) {
      this.#byPeer.fail(peer, Date.now());
      throw new AccountError('this is not the code that the console printed when it started', 'code');
    }
    if (this.#isSettingUp) throw new AccountError('somebody else is setting this console up right now');
    this.#isSettingUp = true; // the hash takes its time: two requests with the code must not both become administrators
    try {
      const user = await this.#store.createUser({ name: request.name, passwordHash: await hashPassword(request.password) });
      return await this.#open(user);
    } finally {
      this.#isSettingUp = false;
    }
  }

  /** Returns the cookie's token. */
  async logIn(request: { name: string; password: string }, peer: string): Promise<string> {
    this.#refuseIfTooMany(request.name, peer);
    const user = await this.#store.findUser(request.name);
    if (!(await verifyPassword(request.password, user?.passwordHash ?? null)) || !user) {
      this.#byName.fail(request.name, Date.now());
      this.#byPeer.fail(peer, Date.now());
      throw new AccountError('name and password do not match', 'password');
    }
    this.#byName.clear(request.name);
    return this.#open(user);
  }

  async logOut(token: string): Promise<void> {
    await this.#store.deleteLogin(hashToken(token));
  }

  /** Ends the user's logins in all other browsers. */
  async changePassword(user: User, request: { current: string; password: string }, token: string, peer: string): Promise<void> {
    this.#refuseIfTooMany(user.name, peer);
    if (!(await verifyPassword(request.current, user.passwordHash))) {
      this.#byName.fail(user.name, Date.now());
      this.#byPeer.fail(peer, Date.now());
      throw new AccountError('this is not the current password', 'current');
    }
    await this.#store.setPasswordHash(user.id, await hashPassword(request.password));
    await this.#store.deleteOtherLogins(user.id, hashToken(token));
  }

  async userOf(token: string | undefined): Promise<User | null> {
    return token === undefined ? null : this.#store.findLogin(hashToken(token), Date.now());
  }

  /** The script behind a key. */
  async scriptOf(token: string): Promise<{ name: string } | null> {
    const found = await this.#store.findApiToken(hashToken(token));
    if (found !== null) await this.#store.recordTokenUse(found.id, Date.now());
    return found && { name: `token ${found.name}` };
  }

  async #open(user: User): Promise<string> {
    const token = newToken('plxs');
    await this.#store.deleteExpiredLogins(Date.now());
    await this.#store.createLogin({ tokenHash: hashToken(token), userId: user.id, expiresAtMs: Date.now() + loginLifetimeMs });
    return token;
  }

  #refuseIfTooMany(name: string, peer: string): void {
    const waitMs = Math.max(this.#byName.waitMs(name, Date.now()), this.#byPeer.waitMs(peer, Date.now()));
    if (waitMs > 0) throw new AccountError(`too many failed attempts: try again in ${Math.ceil(waitMs / 1000)} s`, null, waitMs);
  }
}
