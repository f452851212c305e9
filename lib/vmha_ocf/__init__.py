"""Instance high availability for OpenStack, run by Pacemaker."""
