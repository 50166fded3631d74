export { assistantCommand } from './command.ts';
