// The console by itself: what `parallax console` does, without the rest of the command.
import { consoleCommand } from './command.ts';

await consoleCommand().name('parallax console').parseAsync();
