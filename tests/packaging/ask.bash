# ask.bash COMPLETION LINE: what bash would offer at the end of LINE.
source "$1"
line=$2
# bash splits at = as well (COMP_WORDBREAKS).
read -r -a COMP_WORDS <<< "${line//=/ = }"
[[ $line == *" " || $line == *"=" ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE=$line COMP_POINT=${#line}
_fleet_provision
printf '%s\n' "${COMPREPLY[@]}"
