/** Version of agents and command line; the same as in package.json (checked by a test). */
export const VERSION = '0.1.0';
