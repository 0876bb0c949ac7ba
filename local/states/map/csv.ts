/**
 * Splits CSV text into rows of fields, RFC 4180: fields may be quoted, and a quoted field may hold delimiters, line ends
 * and doubled quotes. Blank lines are skipped. Feed it the text in pieces of any size.
 */
export class CsvRows {
  readonly #delimiter: string;
  #field = '';
  #row: string[] = [];
  #quoted = false;
  /** Whether the last character was a quote inside a quoted field: the end of the field, or half of a doubled quote. */
  #quotePending = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** Takes a piece of text and gives the rows that it completes. */
  *push(piece: string): Generator<string[]> {
    for (const character of piece) {
      if (this.#quoted && !this.#takeQuoted(character)) continue;
      if (character === '"' && this.#field === '' && !this.#quotePending) this.#quoted = true;
      else if (character === this.#delimiter) this.#endField();
      else if (character === '\n') yield* this.#endRow();
      else if (character !== '\r') this.#field += character;
      if (!this.#quoted) this.#quotePending = false;
    }
  }

  /** Gives the last row, when the text did not end with a line end. */
  *end(): Generator<string[]> {
    yield* this.#endRow();
  }

  /** Takes a character inside quotes; true when the field has ended before it. */
  #takeQuoted(character: string): boolean {
    if (this.#quotePending && character !== '"') {
      this.#quoted = false;
      this.#quotePending = false;
      return true;
    }
    if (character === '"' && !this.#quotePending) this.#quotePending = true;
    else {
      this.#field += character;
      this.#quotePending = false;
    }
    return false;
  }

  #endField(): void {
    this.#row.push(this.#field);
    this.#field = '';
  }

  *#endRow(): Generator<string[]> {
    const isBlank = this.#row.length === 0 && this.#field === '';
    this.#quoted = false;
    if (isBlank) return;
    this.#endField();
    const row = this.#row;
    this.#row = [];
    yield row;
  }
}
