// @ts-check
/**
 * The program behind the hooks `pre-receive` and `post-receive` of every repository of the remote: tells the service what is pushed, shows
 * what the service says, and ends as the service says. Plain JavaScript that imports nothing but Node, because git starts it twice per
 * push: loading TypeScript takes a tenth of a second, longer than all that it does.
 *
 * Arguments: kind, socket, ticket, object folder (the quarantine of the push). A pre-receive hook that loses the service ends with 1, so
 * that git takes nothing that nobody judged.
 */
import { createConnection } from 'node:net';
import { resolve } from 'node:path';

const [kind = '', socketPath = '', ticket = '', objects = ''] = process.argv.slice(2);

process.stderr.on('error', () => undefined);
await main();

async function main() {
  const updates = await readUpdates();
  // git runs hooks in the repository, and the object folder may be relative to it.
  const objectFolder = objects === '' ? '' : resolve(objects);
  process.exitCode = await converse(`${JSON.stringify({ kind, ticket, objectFolder, updates })}\n`);
}

async function readUpdates() {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [old = '', next = '', ...ref] = line.split(' ');
    return { old, new: next, ref: ref.join(' ') };
  });
}

/**
 * @param {string} message
 * @returns {Promise<number>} the exit code
 */
function converse(message) {
  return new Promise((end) => {
    /** @type {number | undefined} */
    let code;
    let rest = '';
    const socket = createConnection(socketPath, () => socket.write(message));
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        /** @type {{ show?: string, exit?: number }} */
        const told = JSON.parse(line);
        if (told.show !== undefined) process.stderr.write(`${told.show}\n`);
        if (told.exit !== undefined) code = told.exit;
      }
      if (code !== undefined) socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (code === undefined) {
        process.stderr.write('Slow Lane stopped while the push was under way: push again when it is back.\n');
      }
      end(code ?? (kind === 'post-receive' ? 0 : 1));
    });
  });
}
