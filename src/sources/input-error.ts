/**
 * Input that cannot be read at all: a missing file, a folder without manifests, a snapshot file of another version. Its
 * message is one line for people; the command ends with exit code 2.
 */
export class InputError extends Error {
  override readonly name = "InputError";
}
