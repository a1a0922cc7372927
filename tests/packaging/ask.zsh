# ask.zsh DIRECTORY LINE: what an interactive zsh offers at the end of LINE, by a terminal of its own.
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked "PS1= ; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
# Each match is printed instead of inserted; the list of compadd's own options ends at --.
zpty -w asked 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] { builtin compadd "$@"; return $? }
  typeset -a __matches
  builtin compadd -A __matches "$@"
  for match in $__matches; do print -r -- "<offer>$match</offer>"; done
  builtin compadd "$@"
}'
zpty -w asked "zstyle ':completion:*' list-prompt ''; zstyle ':completion:*' menu no; setopt no_list_beep; print ready-now"
local text= line=
while zpty -r asked line; do [[ $line == *ready-now* && $line != *print* ]] && break; done
zpty -w -n asked "$2"$'\t'
sleep 0.2
zpty -w -n asked $'\x15'
zpty -w asked 'print the-end'
while zpty -r asked line; do
  text+=$line
  [[ $line == *the-end* && $line != *print* ]] && break
done
zpty -d asked
print -r -- "$text" | grep -o '<offer>[^<]*</offer>' | sed 's/<[^>]*>//g' | sort -u
