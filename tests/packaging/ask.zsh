# ask.zsh DIRECTORY < LINES: what an interactive zsh, by a terminal of its own, offers at the end of each line: the
# line, then each offer after a blank.
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked "PS1= ; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
# Each match is printed instead of inserted; the list of compadd's own options ends at --.
zpty -w asked 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] { builtin compadd "$@"; return $? }
  typeset -a __matches
  builtin compadd -A __matches "$@"
  for match in $__matches; do print -r -- "<offer>$match</offer>"; done
  builtin compadd "$@"
}'
# The same widget prints the end mark, because keys typed in advance change the behaviour of zsh. The echo of this line
# does not contain the mark.
zpty -w asked 'asked() { zle complete-word; print -r -- "the-""end" }; zle -N asked; bindkey "^I" asked'
zpty -w asked "zstyle ':completion:*' list-prompt ''; zstyle ':completion:*' menu no; setopt no_list_beep; print ready-now"
local text= line= asked_line=
while zpty -r asked line; do [[ $line == *ready-now* && $line != *print* ]] && break; done
while IFS= read -r asked_line; do
  zpty -w -n asked "$asked_line"$'\t'
  text=
  while zpty -r asked line; do
    text+=$line
    [[ $line == *the-end* ]] && break
  done
  zpty -w -n asked $'\x15'
  print -r -- "$asked_line"
  print -r -- "$text" | grep -o '<offer>[^<]*</offer>' | sed 's/<[^>]*>//g; s/^/ /' | sort -u
done
zpty -d asked
