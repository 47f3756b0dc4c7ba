#!/bin/sh
# A backend in ten lines of shell: malicious is what has EICAR's words in it. --backend 'own=exec:sh backend.sh'
echo '{"hello":{"protocol":1,"name":"shell","version":"1","signatures":"words-1"}}'
while read -r request; do
    # The first two numbers of a request are its id and the artifact's size.
    set -- $(printf '%s' "$request" | sed 's/[^0-9]*\([0-9]*\)[^0-9]*\([0-9]*\).*/\1 \2/')
    if [ "$(head -c "$2" | grep -ac STANDARD-ANTIVIRUS-TEST)" -gt 0 ]; then
        echo "{\"id\":$1,\"verdict\":\"malicious\",\"confidence\":1.0,\"family\":\"Eicar\",\"findings\":[\"words\"]}"
    else
        echo "{\"id\":$1,\"verdict\":\"benign\",\"confidence\":0.5}"
    fi
done
