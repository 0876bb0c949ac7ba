# First boot of the rendezvous host. The launch template sets, in the lines before:
#   ROOT           "", or the folder that stands in for / in tests
#   REGION         of the stack
#   BUNDLE         s3:// URI of the server, bundled into one module
#   PARAMETERS     SSM path of the secret and the fingerprint
#   PORT, OBSERVER_PORT, IDLE
# It only writes a unit: whatever can fail happens under systemd, at every start, so that a host that was stopped in the
# middle of its first boot comes up all the same and always runs the server that was deployed last.
set -euo pipefail

mkdir -p "$ROOT/etc/systemd/system" "$ROOT/usr/local/sbin" "$ROOT/usr/local/lib/muster"

cat > "$ROOT/usr/local/sbin/muster-rendezvous-fetch" <<SCRIPT
#!/bin/bash
set -euo pipefail
command -v node-22 > /dev/null || dnf --assumeyes --quiet install nodejs22
aws s3 cp --only-show-errors --region '$REGION' '$BUNDLE' '$ROOT/usr/local/lib/muster/server.mjs.new'
mv '$ROOT/usr/local/lib/muster/server.mjs.new' '$ROOT/usr/local/lib/muster/server.mjs'
# Ten thousand members connect within seconds: the kernel's queues as long as the server's.
sysctl --quiet --write net.core.somaxconn=4096 net.ipv4.tcp_max_syn_backlog=4096
SCRIPT
chmod 755 "$ROOT/usr/local/sbin/muster-rendezvous-fetch"

cat > "$ROOT/etc/systemd/system/muster-rendezvous.service" <<UNIT
[Unit]
Description=Meeting place of the ranks of Muster
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=3600
StartLimitBurst=4
# The server ends by itself only when nobody has needed it for long; and a host that cannot serve must not cost anything.
SuccessAction=poweroff
FailureAction=poweroff

[Service]
ExecStartPre=+$ROOT/usr/local/sbin/muster-rendezvous-fetch
ExecStart=/usr/bin/env node-22 $ROOT/usr/local/lib/muster/server.mjs rendezvous --host 0.0.0.0 --port $PORT --observer-port $OBSERVER_PORT --tls --certificate-directory %S/muster-rendezvous --parameters $PARAMETERS --stop-when-idle $IDLE
Environment=AWS_REGION=$REGION
TimeoutStartSec=300
Restart=on-failure
RestartSec=10
# No SSH: what goes wrong can be read with "aws ec2 get-console-output --latest".
StandardOutput=journal+console
StandardError=journal+console
DynamicUser=yes
StateDirectory=muster-rendezvous
StateDirectoryMode=0700
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
UNIT

systemctl daemon-reload
systemctl enable muster-rendezvous.service
systemctl --no-block start muster-rendezvous.service
