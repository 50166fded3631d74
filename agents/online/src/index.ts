export { onlineCommand } from './command.ts';
