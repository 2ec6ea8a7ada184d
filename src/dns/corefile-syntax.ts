/** One line of a directive's block: its words, and a nested block where it opens one. */
interface CorefileLine {
  readonly words: readonly string[];
  readonly line: number;
  readonly block: readonly CorefileLine[];
}

/** A plugin's line in a server block, in the order written. */
export interface Directive extends CorefileLine {
  readonly name: string;
}

export interface RawServerBlock {
  /** As written: `.:53`, `cluster.local`, `dns://10.0.0.0/16`. */
  readonly keys: readonly string[];
  readonly line: number;
  readonly directives: readonly Directive[];
}

export interface CorefileError {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** What a Corefile refers to outside itself. */
export interface CorefileSurroundings {
  /** Environment of the CoreDNS process; null where it is not known. */
  readonly env: Readonly<Record<string, string>> | null;
  /** The files that an `import` or `hosts` path (may hold `*`) means, in order; null where they are not known. */
  files(pattern: string): readonly string[] | null;
}

export interface CorefileSyntax {
  readonly blocks: readonly RawServerBlock[];
  /** CoreDNS would refuse to load a file with any of these. */
  readonly errors: readonly CorefileError[];
  /** Imports and variables whose values were not known, each once, as written. */
  readonly unresolved: readonly string[];
}

interface Token {
  text: string;
  readonly line: number;
  /** Tells imported files apart: lines compare only within one. */
  readonly file: number;
}

/** CoreDNS gives up on imports in circles after this many. */
const MAX_IMPORTS = 10_000;
/** More words than any Corefile has: snippets that import each other twice grow without end. */
const MAX_TOKENS = 200_000;

/**
 * Reads a Corefile down to words. Mirrors github.com/coredns/caddy caddyfile/lexer.go and parse.go: server blocks with
 * several keys, snippets, imports, environment variables, comments, quoted words over several lines.
 */
export function parseCorefileSyntax(text: string, surroundings: CorefileSurroundings): CorefileSyntax {
  const tokens = tokenize(text, 0);
  const errors: CorefileError[] = [];
  const unresolved = new Set<string>();
  const snippets = new Map<string, readonly Token[]>();
  const blocks: RawServerBlock[] = [];
  let at = 0;
  let imports = 0;
  let files = 0;

  const fail = (message: string): never => {
    const line = (tokens[at] ?? tokens.at(-1))?.line ?? 1;
    throw new SyntaxFault({ line, message });
  };
  const startsLine = (index: number): boolean => {
    const before = tokens[index - 1];
    const token = tokens[index];
    if (before === undefined || token === undefined) return true;
    return before.file !== token.file || before.line + lineBreaks(before.text) < token.line;
  };
  const replaced = (word: string): string => replaceVariables(word, surroundings.env, unresolved);

  /** Puts what the import at `at` names in its place. */
  const splice = (): void => {
    const pattern = tokens[at + 1] === undefined || startsLine(at + 1) ? fail("import needs a name") : tokens[at + 1];
    const name = replaced(pattern?.text ?? "");
    if (tokens[at + 2] !== undefined && !startsLine(at + 2)) fail(`import takes one name: ${name}`);
    imports += 1;
    if (imports > MAX_IMPORTS || tokens.length > MAX_TOKENS) fail(`import ${name} goes in circles`);
    const snippet = snippets.get(name);
    let found: readonly Token[];
    if (snippet !== undefined) {
      found = snippet.map((token) => ({ ...token }));
    } else {
      const contents = surroundings.files(name);
      if (contents === null) unresolved.add(`import ${name}`);
      found = (contents ?? []).flatMap((content) => {
        files += 1;
        return tokenize(content, files);
      });
    }
    tokens.splice(at, 2, ...found);
  };

  const keysOfBlock = (): string[] => {
    const keys: string[] = [];
    let another = false;
    while (at < tokens.length) {
      const word = replaced(tokens[at]?.text ?? "");
      if (word === "import" && startsLine(at)) {
        splice();
        continue;
      }
      if (word === "{") {
        if (another) fail("a comma at the end of the zones, and no other zone behind it");
        break;
      }
      if (word.endsWith(",")) {
        keys.push(word.slice(0, -1));
        another = true;
      } else {
        if (word !== "") keys.push(word);
        another = false;
      }
      at += 1;
      if (!another && startsLine(at)) break;
    }
    return keys;
  };

  const directive = (): Directive => {
    const first = tokens[at];
    const name = replaced(first?.text ?? "");
    const line = first?.line ?? 0;
    const collected: Token[] = [];
    let nesting = 0;
    at += 1;
    while (at < tokens.length) {
      const token = tokens[at];
      if (token === undefined) break;
      if (token.text === "{") nesting += 1;
      else if (nesting === 0 && startsLine(at)) break;
      else if (token.text === "}") {
        if (nesting === 0) fail("a closing brace without an opening one");
        nesting -= 1;
      } else if (token.text === "import" && startsLine(at)) {
        splice();
        continue;
      }
      token.text = replaced(token.text);
      collected.push(token);
      at += 1;
    }
    if (nesting > 0) fail(`the block of ${name} is not closed`);
    const lines = linesOf([{ text: name, line, file: first?.file ?? 0 }, ...collected]);
    const head = lines[0];
    return { name, line, words: head?.words.slice(1) ?? [], block: head?.block ?? [] };
  };

  const snippetBody = (): readonly Token[] => {
    if (tokens[at]?.text !== "{") fail("a snippet needs braces");
    at += 1;
    const start = at;
    for (let depth = 1; at < tokens.length; at += 1) {
      if (tokens[at]?.text === "{") depth += 1;
      else if (tokens[at]?.text === "}") depth -= 1;
      if (depth === 0) {
        at += 1;
        return tokens.slice(start, at - 1);
      }
    }
    return fail("the snippet is not closed");
  };

  try {
    while (at < tokens.length) {
      const line = tokens[at]?.line ?? 1;
      const keys = keysOfBlock();
      const snippet = keys.length === 1 ? /^\((.*)\)$/s.exec(keys[0] ?? "")?.[1] : undefined;
      if (snippet !== undefined) {
        if (snippets.has(snippet)) fail(`the snippet ${snippet} is declared twice`);
        snippets.set(snippet, snippetBody());
        continue;
      }
      const braces = tokens[at]?.text === "{";
      if (braces) at += 1;
      const directives: Directive[] = [];
      while (at < tokens.length && tokens[at]?.text !== "}") {
        if (tokens[at]?.text === "import") splice();
        else directives.push(directive());
      }
      // At the end of the file any closing brace will do, also the last directive's own (closeCurlyBrace).
      if (braces && at >= tokens.length && tokens.at(-1)?.text !== "}") fail("the server block is not closed");
      at += 1;
      if (keys.length > 0) blocks.push({ keys, line, directives });
    }
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    errors.push(error.at);
  }
  return { blocks, errors, unresolved: [...unresolved] };
}

class SyntaxFault extends Error {
  readonly at: CorefileError;
  constructor(at: CorefileError) {
    super(at.message);
    this.at = at;
  }
}

function lineBreaks(text: string): number {
  return text.split("\n").length - 1;
}

/** Words of one directive as lines: a brace opens a block behind the line that it stands on. */
function linesOf(tokens: readonly Token[]): readonly CorefileLine[] {
  let at = 0;
  const read = (): readonly CorefileLine[] => {
    const lines: CorefileLine[] = [];
    while (at < tokens.length) {
      const first = tokens[at];
      if (first === undefined || first.text === "}") {
        at += 1;
        break;
      }
      const words: string[] = [];
      let block: readonly CorefileLine[] = [];
      for (let last = first; at < tokens.length; ) {
        const token = tokens[at];
        if (token === undefined || token.text === "}") break;
        if (token !== first && (token.file !== last.file || last.line + lineBreaks(last.text) !== token.line)) break;
        at += 1;
        if (token.text === "{") {
          block = read();
          break;
        }
        words.push(token.text);
        last = token;
      }
      lines.push({ words, line: first.line, block });
    }
    return lines;
  };
  return read();
}

/** Words divided by white space; a word that begins with a quote goes to the closing one; `#` hides what follows. */
function tokenize(text: string, file: number): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === "\n") line += 1;
    if (/\s/.test(char)) {
      at += 1;
    } else if (char === "#") {
      while (at < text.length && text[at] !== "\n") at += 1;
    } else if (char === '"') {
      const start = line;
      let word = "";
      at += 1;
      while (at < text.length && text[at] !== '"') {
        // A backslash takes the next character along, and goes away itself only before a quote.
        const taken = text[at] === "\\" ? text.slice(at, at + 2) : (text[at] ?? "");
        line += lineBreaks(taken);
        word += taken === '\\"' ? '"' : taken;
        at += taken.length;
      }
      at += 1;
      tokens.push({ text: word, line: start, file });
    } else {
      let word = "";
      while (at < text.length && !/[\s#]/.test(text[at] ?? "")) {
        word += text[at];
        at += 1;
      }
      tokens.push({ text: word, line, file });
    }
  }
  return tokens;
}

/** Mirrors parse.go replaceEnvVars: `{$NAME}` and `{%NAME%}`. A variable that is not known stays as written. */
function replaceVariables(
  word: string,
  env: CorefileSurroundings["env"],
  unresolved: { add(name: string): unknown },
): string {
  if (!word.includes("{")) return word;
  return word.replace(
    /\{%([^%]+)%\}|\{\$([^}]+)\}/g,
    (reference, windows: string | undefined, unix: string | undefined) => {
      const name = windows ?? unix ?? "";
      if (env === null) {
        unresolved.add(reference);
        return reference;
      }
      return Object.hasOwn(env, name) ? (env[name] ?? "") : "";
    },
  );
}
