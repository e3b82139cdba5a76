# Becomes a host: boot-host.sh NAME LOWER DISK ROOT WRITES. Its network, mount, PID and UTS namespaces are its own already.
# LOWER holds what every host has, DISK is this host's own, ROOT is an empty folder where the two come together. WRITES says where
# what is written goes: to `disk`, or to `memory`.
set -e
name=$1 lower=$2 disk=$3 root=$4 writes=$5

hostname "$name"

mount_root_on_disk() {
	# overlayfs makes itself read-only where it cannot make its own folder, as on a full disk; a real root would not.
	rm -f "$disk/spare"
	mkdir -p "$disk/upper" "$disk/work"
	mount -t overlay -o "lowerdir=$lower,upperdir=$disk/upper,workdir=$disk/work" overlay "$root"
	for kib in 256 224 192; do
		fallocate -l "${kib}K" "$disk/spare" 2>/dev/null && break
	done
}

# As a diskless Alpine: the packages, and over them what `lbu commit` saved last. Only the agent's state is on the disk.
mount_root_in_memory() {
	mount -t tmpfs -o mode=755,size=256m tmpfs "$root"
	mkdir "$root/mnt" "$root/usr" "$root/.usr" "$root/.usr/upper" "$root/.usr/work"
	mount -t overlay -o "ro,lowerdir=$lower" overlay "$root/mnt"
	for path in "$root"/mnt/*; do
		case ${path##*/} in
		mnt | usr) ;;
		*) cp -a "$path" "$root/" ;;
		esac
	done
	umount "$root/mnt"
	usr=$(echo "$lower" | sed 's,:,/usr:,g')/usr
	mount -t overlay -o "lowerdir=$usr,upperdir=$root/.usr/upper,workdir=$root/.usr/work" overlay "$root/usr"
	mkdir -p "$disk/state" "$disk/media" "$root/var/lib/picket" "$root/media/disk"
	mount --bind "$disk/state" "$root/var/lib/picket"
	mount --bind "$disk/media" "$root/media/disk"
	for saved in "$disk"/media/*.apkovl.tar.gz; do
		[ ! -f "$saved" ] || tar -xzf "$saved" -C "$root"
	done
}

case $writes in
disk) mount_root_on_disk ;;
memory) mount_root_in_memory ;;
esac

mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"

# Not the machine's own /dev, which would give the host its disks.
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
	IFS=: read -r file major minor <<-END
		$device
	END
	mknod -m 666 "$root/dev/$file" c "$major" "$minor"
done

# Whatever is mounted outside must not be held by this host: the disks of the others among it.
cd "$root"
pivot_root . mnt
exec /usr/sbin/chroot . /bin/sh -c 'umount -l /mnt && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=linux /sbin/init'
