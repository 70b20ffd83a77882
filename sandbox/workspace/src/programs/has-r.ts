import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Whether R notebooks can run here: R, and the package by which it talks to Spark. */
export function hasR(root: string = '/usr'): boolean {
  const libraries = ['lib/R/site-library', 'lib/R/library', 'local/lib/R/site-library'];
  const isThere = (name: string): boolean => libraries.some((folder) => existsSync(join(root, folder, name)));
  return existsSync(join(root, 'bin/Rscript')) && isThere('reticulate') && isThere('jsonlite');
}
